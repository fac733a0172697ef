"""What clerks do with an appeal until it is answered, refused or withdrawn."""
