// The SQL files of this folder are embedded in the binary.
