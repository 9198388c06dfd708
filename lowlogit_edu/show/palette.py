"""The colours of all pictures: Okabe and Ito's, apart for every kind of colour vision, and greys."""

BLUE = "#0072B2"
ORANGE = "#D55E00"  # Okabe and Ito call it vermillion; the course says orange
AMBER = "#E69F00"
GREEN = "#009E73"
GREY = "#999999"
PALE = "#BBBBBB"  # what is past, or not chosen
DARK = "#555555"  # a line of reference
FAINT = "#DDDDDD"  # what should not be read first: separators, bars still to come
CROWDED = "#CCCCCC"  # paler than PALE: for thousands of points that lie on one another
WRITTEN = "#666666"  # darker than GREY: for words, and the line that they name
UNDECIDED = "#888888"  # no verdict yet; it stands in the saved outputs of all unsolved notebooks

# For a panel with more curves than the colours above tell apart; Okabe and Ito's, too.
SKY = "#56B4E9"
PINK = "#CC79A7"

# A report is read on white or on near-black. These six stand out 3:1 against both, so the last three are
# darker than Okabe and Ito's purple and yellow, and than GREY.
ON_ANY_PAGE = (BLUE, ORANGE, GREEN, "#B5699A", "#A67C00", "#808080")
