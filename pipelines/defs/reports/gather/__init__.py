"""What each kind of report is made from: reads marts at one version, gives the extract of the document."""
