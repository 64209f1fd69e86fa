"""`/twist`: rarer words for those that were to be expected."""
