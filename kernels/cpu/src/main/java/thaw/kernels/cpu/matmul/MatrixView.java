package thaw.kernels.cpu.matmul;

/** A matrix within an array: element {@code (i, j)} is {@code data[from + i·row + j·column]}. */
public record MatrixView(float[] data, int from, int row, int column) {

    /** A row-major matrix. */
    public static MatrixView of(float[] data, int from, int columns) {
        return new MatrixView(data, from, columns, 1);
    }

    public MatrixView transposed() {
        return new MatrixView(data, from, column, row);
    }
}
