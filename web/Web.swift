// The files of this folder are embedded in the binary.
