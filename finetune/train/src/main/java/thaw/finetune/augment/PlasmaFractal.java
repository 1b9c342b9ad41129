package thaw.finetune.augment;

import java.util.SplittableRandom;

/**
 * A cloudy map by the diamond-square algorithm (Fournier, Fussell and Carpenter 1982) on a torus. It begins with one corner; each
 * round puts a point in the middle of every square and then of every edge, with the mean of the four points around it and a uniform
 * random displacement, whose range shrinks from round to round.
 */
final class PlasmaFractal {
    private static final double FIRST_DISPLACEMENT = 1e4;

    private final double[][] map;
    private final int side;
    private final SplittableRandom random;

    private PlasmaFractal(int side, SplittableRandom random) {
        this.map = new double[side][side];
        this.side = side;
        this.random = random;
    }

    /**
     * Draws a map, {@code [side, side]}, of values from 0 to 1.
     *
     * @param least the least side in pixels; the side is the next power of two
     * @param decay the square root of the factor by which a round's displacements are smaller than the round's before
     */
    static double[][] draw(int least, double decay, SplittableRandom random) {
        int side = Math.max(2, Integer.highestOneBit(Math.max(1, least - 1)) << 1);
        PlasmaFractal plasma = new PlasmaFractal(side, random);
        double displacement = FIRST_DISPLACEMENT;
        for (int step = side; step >= 2; step /= 2) {
            plasma.round(step, displacement);
            displacement /= decay * decay;
        }
        return plasma.normalized();
    }

    private void round(int step, double displacement) {
        int half = step / 2;
        for (int y = 0; y < side; y += step) {
            for (int x = 0; x < side; x += step) {
                displace(y + half, x + half, displacement, at(y, x) + at(y, x + step) + at(y + step, x) + at(y + step, x + step));
            }
        }
        for (int y = 0; y < side; y += step) {
            for (int x = 0; x < side; x += step) {
                displace(y, x + half, displacement, cross(y, x + half, half));
                displace(y + half, x, displacement, cross(y + half, x, half));
            }
        }
    }

    private double at(int y, int x) {
        return map[Math.floorMod(y, side)][Math.floorMod(x, side)];
    }

    private double cross(int y, int x, int reach) {
        return at(y - reach, x) + at(y + reach, x) + at(y, x - reach) + at(y, x + reach);
    }

    private void displace(int y, int x, double most, double sumOfFour) {
        map[y][x] = sumOfFour / 4 + random.nextDouble(-most, most);
    }

    private double[][] normalized() {
        double min = Double.POSITIVE_INFINITY;
        double max = Double.NEGATIVE_INFINITY;
        for (double[] row : map) {
            for (double v : row) {
                min = Math.min(min, v);
                max = Math.max(max, v);
            }
        }
        for (double[] row : map) {
            for (int x = 0; x < side; x++) {
                row[x] = (row[x] - min) / (max - min);
            }
        }
        return map;
    }
}
