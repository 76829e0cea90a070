"""What written words mean: numbers, money, headcounts, dates, actors. Pure functions, no input or output."""
