package thaw.finetune.synthetic;

import java.awt.geom.AffineTransform;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.util.SplittableRandom;

/** Draws an image of one object at a random position in front of a cluttered background. */
final class Scene {

    /** Canvas pixels per image pixel, along each axis, in addition to the antialiasing of each outline. */
    private static final int SUPERSAMPLING = 2;

    private Scene() {
    }

    static BufferedImage photograph(SyntheticClass object, SplittableRandom r, int size) {
        Canvas canvas = new Canvas(SUPERSAMPLING * size);
        Surface background = Surface.random(r);
        canvas.fill(background);
        Clutter.scatter(canvas, r.nextInt(2, 7), r);

        double radius = r.nextDouble(0.32, 0.46);
        double play = 0.5 - 0.85 * radius;
        double x = 0.5 + r.nextDouble(-play, play);
        double y = 0.5 + r.nextDouble(-play, play);
        Figure figure = object.silhouette().apply(r);
        canvas.draw(figure, place(figure, object.turn(), x, y, radius, r), Look.random(background, r));

        if (r.nextInt(3) == 0) {
            Clutter.occlude(canvas, x, y, radius, r);
        }
        return Camera.photograph(canvas, SUPERSAMPLING, r);
    }

    /** Fits the figure to a radius around (x, y); flips, stretches, shears and rotates it there. */
    private static AffineTransform place(Figure figure, double turn, double x, double y, double radius, SplittableRandom r) {
        Rectangle2D box = figure.bounds();
        double fit = radius / (0.5 * Math.max(box.getWidth(), box.getHeight()));
        double stretch = Math.exp(r.nextDouble(-0.16, 0.16));
        AffineTransform place = AffineTransform.getTranslateInstance(x, y);
        place.rotate(Math.toRadians(r.nextDouble(-turn, turn)));
        place.shear(r.nextDouble(-0.2, 0.2), 0);
        place.scale(r.nextBoolean() ? fit * stretch : -fit * stretch, fit / stretch);
        place.translate(-box.getCenterX(), -box.getCenterY());
        return place;
    }
}
