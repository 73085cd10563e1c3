"""What goes to Meltano Hub, and the programs that write it."""
