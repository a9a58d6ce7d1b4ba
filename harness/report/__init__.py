"""Reports: functions that turn results into text or data; none of them prints."""
