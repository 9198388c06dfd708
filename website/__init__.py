"""The web site of the course: `python -m website`, made by Sphinx from notebooks, documents and docstrings."""
