"""Events judged, flags raised, policies tried and rolled out."""
