"""What checks the types of the package while it is tested: beartype, which takes an int for a float as Python does."""

from beartype import BeartypeConf, beartype

check = beartype(conf=BeartypeConf(is_pep484_tower=True))
