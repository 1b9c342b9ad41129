package thaw.finetune.synthetic;

import java.awt.Shape;
import java.util.SplittableRandom;

/** Random shapes behind or in front of the object, independent of its class. */
final class Clutter {

    private Clutter() {
    }

    /** Draws blobs, shards, bars and curls at random positions. */
    static void scatter(Canvas canvas, int count, SplittableRandom r) {
        for (int i = 0; i < count; i++) {
            canvas.fill(piece(r.nextDouble(), r.nextDouble(), r.nextDouble(0.05, 0.2), r), Surface.random(r));
        }
    }

    /** Draws a small or thin shape in front of the object, which hides a part of it. */
    static void occlude(Canvas canvas, double x, double y, double radius, SplittableRandom r) {
        double angle = r.nextDouble(2 * Math.PI);
        double away = radius * r.nextDouble(0.3, 0.9);
        double px = x + away * Math.cos(angle);
        double py = y + away * Math.sin(angle);
        Shape outline = r.nextBoolean()
                ? bar(px, py, 0.8, r.nextDouble(0.02, 0.06), r)
                : piece(px, py, radius * r.nextDouble(0.2, 0.45), r);
        canvas.fill(outline, Surface.random(r));
    }

    private static Shape piece(double x, double y, double size, SplittableRandom r) {
        return switch (r.nextInt(5)) {
            case 0 -> Outline.turned(Outline.ellipse(x, y, size, size * r.nextDouble(0.4, 1)), r.nextDouble(180), x, y);
            case 1 -> shard(x, y, size, r);
            case 2 -> Outline.turned(Outline.box(x - size, y - size * r.nextDouble(0.3, 1), x + size, y + 0.6 * size),
                    r.nextDouble(180), x, y);
            case 3 -> bar(x, y, size * r.nextDouble(1, 4), r.nextDouble(0.015, 0.06), r);
            default -> Outline.arc(r.nextDouble(0.02, 0.06), x, y, size, size * r.nextDouble(0.5, 1),
                    r.nextDouble(360), r.nextDouble(90, 330));
        };
    }

    private static Shape bar(double x, double y, double length, double width, SplittableRandom r) {
        double angle = r.nextDouble(Math.PI);
        double dx = 0.5 * length * Math.cos(angle);
        double dy = 0.5 * length * Math.sin(angle);
        return Outline.line(width, x - dx, y - dy, x + dx, y + dy);
    }

    private static Shape shard(double x, double y, double size, SplittableRandom r) {
        int corners = r.nextInt(3, 7);
        double start = r.nextDouble(2 * Math.PI);
        double[] xy = new double[2 * corners];
        for (int i = 0; i < corners; i++) {
            double angle = start + 2 * Math.PI * (i + r.nextDouble(0.6)) / corners;
            double radius = size * r.nextDouble(0.5, 1.2);
            xy[2 * i] = x + radius * Math.cos(angle);
            xy[2 * i + 1] = y + radius * Math.sin(angle);
        }
        return r.nextBoolean() ? Outline.polygon(xy) : Outline.smooth(xy);
    }
}
