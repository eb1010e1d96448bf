"""What Byline is measured against, one small file a system, all under one protocol."""
