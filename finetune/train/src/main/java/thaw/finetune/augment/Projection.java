package thaw.finetune.augment;

/**
 * A projective map of the plane, {@code (x, y) → ((a x + b y + c) / w, (d x + e y + f) / w)} with {@code w = g x + h y + i}:
 * affine if {@code g = h = 0} and {@code i = 1}, otherwise a perspective map.
 */
public record Projection(double a, double b, double c, double d, double e, double f, double g, double h, double i) {
    /** The map of every point to itself. */
    public static final Projection IDENTITY = affine(1, 0, 0, 0, 1, 0);

    /** The map {@code (x, y) → (a x + b y + c, d x + e y + f)}. */
    public static Projection affine(double a, double b, double c, double d, double e, double f) {
        return new Projection(a, b, c, d, e, f, 0, 0, 1);
    }

    /** The matrix product {@code this · right}: {@code right} is applied first. */
    public Projection times(Projection right) {
        return new Projection(
                a * right.a + b * right.d + c * right.g, a * right.b + b * right.e + c * right.h,
                a * right.c + b * right.f + c * right.i,
                d * right.a + e * right.d + f * right.g, d * right.b + e * right.e + f * right.h,
                d * right.c + e * right.f + f * right.i,
                g * right.a + h * right.d + i * right.g, g * right.b + h * right.e + i * right.h,
                g * right.c + h * right.f + i * right.i);
    }

    /** Whether parallel lines stay parallel: {@code g = h = 0}. */
    public boolean isAffine() {
        return g == 0 && h == 0;
    }

    /**
     * The map that takes the given corners to those of the square [-1, 1]². The inverse map follows Heckbert, "Fundamentals of
     * Texture Mapping and Image Warping" (1989), section 2.2.3; this method returns its adjugate, which equals the inverse up to
     * a factor that cancels in a projective map.
     *
     * @param x coordinates of the corners top left, top right, bottom right, bottom left
     * @param y coordinates of the same corners
     */
    public static Projection toSquare(double[] x, double[] y) {
        double dx1 = x[1] - x[2];
        double dx2 = x[3] - x[2];
        double dy1 = y[1] - y[2];
        double dy2 = y[3] - y[2];
        double sx = x[0] - x[1] + x[2] - x[3];
        double sy = y[0] - y[1] + y[2] - y[3];
        double det = dx1 * dy2 - dx2 * dy1;
        double g = (sx * dy2 - dx2 * sy) / det;
        double h = (dx1 * sy - sx * dy1) / det;
        Projection fromUnitSquare = new Projection(x[1] - x[0] + g * x[1], x[3] - x[0] + h * x[3], x[0],
                y[1] - y[0] + g * y[1], y[3] - y[0] + h * y[3], y[0], g, h, 1);
        return affine(2, 0, -1, 0, 2, -1).times(fromUnitSquare.adjugate());
    }

    private Projection adjugate() {
        return new Projection(e * i - f * h, c * h - b * i, b * f - c * e,
                f * g - d * i, a * i - c * g, c * d - a * f,
                d * h - e * g, b * g - a * h, a * e - b * d);
    }
}
