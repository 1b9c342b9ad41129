package thaw.engine.optim;

/** Interpolations from one value to another. */
public enum Anneal {
    /** Half a cosine wave: slow at both ends. */
    COSINE {
        @Override
        public double between(double start, double end, double fraction) {
            return end + (start - end) / 2 * (1 + Math.cos(Math.PI * fraction));
        }
    },
    /** A straight line. */
    LINEAR {
        @Override
        public double between(double start, double end, double fraction) {
            return start + (end - start) * fraction;
        }
    };

    /** @param fraction the progress: {@code start} at 0, {@code end} at 1 */
    public abstract double between(double start, double end, double fraction);
}
