"""The models' weights: which files a choice means, how they come here, and whether they are whole.

Every file that is fetched has a pinned SHA-256. Nothing half-fetched is ever found under its final name:
files are written beside it and renamed when they are whole.
"""
