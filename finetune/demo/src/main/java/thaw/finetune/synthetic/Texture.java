package thaw.finetune.synthetic;

import java.util.SplittableRandom;

/** The share, 0 to 1, of a surface's second colour at a point. The image spans [0, 1]². */
@FunctionalInterface
interface Texture {

    double at(double u, double v);

    /** A random pattern, rotated, scaled and shifted at random. */
    static Texture random(SplittableRandom r) {
        double angle = r.nextDouble(2 * Math.PI);
        double period = r.nextDouble(0.07, 0.3);
        double cos = Math.cos(angle) / period;
        double sin = Math.sin(angle) / period;
        double du = r.nextDouble();
        double dv = r.nextDouble();
        double duty = r.nextDouble(0.3, 0.7);
        int salt = r.nextInt();
        Texture pattern = switch (r.nextInt(8)) {
            case 0 -> (x, y) -> 0;
            case 1 -> (x, y) -> fraction(x) < duty ? 0 : 1;
            case 2 -> (x, y) -> (floor(x) + floor(y) & 1);
            case 3 -> (x, y) -> dot(x, y, 0.5 * duty);
            case 4 -> (x, y) -> fraction(x + 0.35 * Math.abs(2 * fraction(0.5 * y) - 1)) < duty ? 0 : 1;
            case 5 -> (x, y) -> clamp(0.5 + 0.25 * period / 0.15 * (x + 0.3 * y));
            case 6 -> (x, y) -> noise(x, y, salt);
            default -> (x, y) -> 0.6 * noise(x, y, salt) + 0.4 * noise(2.7 * x, 2.7 * y, ~salt);
        };
        return (u, v) -> {
            double x = u - 0.5;
            double y = v - 0.5;
            return pattern.at(cos * x + sin * y + du, cos * y - sin * x + dv);
        };
    }

    private static double dot(double x, double y, double radius) {
        double dx = fraction(x) - 0.5;
        double dy = fraction(y) - 0.5;
        return dx * dx + dy * dy < radius * radius ? 1 : 0;
    }

    /** Value noise: random values at lattice points, interpolated by the smoothstep 3t² − 2t³. */
    private static double noise(double x, double y, int salt) {
        int i = floor(x);
        int j = floor(y);
        double s = smoothstep(x - i);
        double t = smoothstep(y - j);
        double above = height(i, j, salt) * (1 - s) + height(i + 1, j, salt) * s;
        double below = height(i, j + 1, salt) * (1 - s) + height(i + 1, j + 1, salt) * s;
        return above * (1 - t) + below * t;
    }

    private static double height(int i, int j, int salt) {
        int h = i * 0x85EBCA6B ^ j * 0xC2B2AE35 ^ salt;
        h = (h ^ h >>> 15) * 0x2C1B3C6D;
        h = (h ^ h >>> 12) * 0x297A2D39;
        return (h >>> 8) * 0x1p-24;
    }

    private static double smoothstep(double t) {
        return t * t * (3 - 2 * t);
    }

    private static int floor(double x) {
        int i = (int) x;
        return x < i ? i - 1 : i;
    }

    private static double fraction(double x) {
        return x - floor(x);
    }

    private static double clamp(double x) {
        return Math.max(0, Math.min(1, x));
    }
}
