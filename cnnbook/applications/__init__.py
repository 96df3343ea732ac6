"""What the guide's page "Applications" needs for itself: trained networks, and its figures."""
