"""Parts of the credibility report: checks, content and page."""
