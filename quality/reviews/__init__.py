"""Reviews: talks chosen, judged, answered by their agent, disputed, and counted."""
