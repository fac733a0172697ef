"""What the register's pages show, assembled: filters, the appeal with its history and next steps, reports."""
