"""DICOMweb (PS3.18): what a reader may see, for the viewer and for other systems."""
