"""From stored runs to the grades of a course, and into the files of learning platforms."""
