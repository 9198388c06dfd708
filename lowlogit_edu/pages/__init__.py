"""What each report shows: measurements in, a `report.Report` out."""
