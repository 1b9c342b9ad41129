package thaw.finetune.synthetic;

import static thaw.finetune.synthetic.Outline.circle;
import static thaw.finetune.synthetic.Outline.ellipse;
import static thaw.finetune.synthetic.Outline.line;
import static thaw.finetune.synthetic.Outline.mirrored;
import static thaw.finetune.synthetic.Outline.polygon;
import static thaw.finetune.synthetic.Outline.roundBox;
import static thaw.finetune.synthetic.Outline.smooth;
import static thaw.finetune.synthetic.Outline.turned;

import java.util.SplittableRandom;

/** Silhouettes of weather symbols and celestial bodies. */
final class Sky {

    private Sky() {
    }

    static Figure bolt(SplittableRandom r) {
        double shift = r.nextDouble(-0.12, 0.12);
        double knee = r.nextDouble(-0.1, 0.15);
        return new Figure().body(polygon(0.05, -1, 0.55, -1, 0.2 + shift, knee - 0.2, 0.6, knee - 0.25, -0.35, 1,
                -0.05 + shift, knee + 0.15, -0.5, knee + 0.2));
    }

    static Figure cloud(SplittableRandom r) {
        double left = r.nextDouble(0.27, 0.38);
        double middle = r.nextDouble(0.38, 0.52);
        double right = r.nextDouble(0.28, 0.4);
        return new Figure()
                .body(roundBox(-1, 0, 1, 0.5, 0.25))
                .body(circle(-0.5, 0.05, left), circle(r.nextDouble(-0.1, 0.1), -0.15, middle), circle(0.52, 0.02, right));
    }

    static Figure crescent(SplittableRandom r) {
        double bite = r.nextDouble(0.72, 0.85);
        double shift = r.nextDouble(0.38, 0.55);
        return new Figure().body(circle(0, 0, 1)).hole(circle(shift, r.nextDouble(-0.15, 0.15), bite));
    }

    static Figure drop(SplittableRandom r) {
        double w = r.nextDouble(0.5, 0.7);
        return new Figure().body(smooth(mirrored(0, -1, 0.12, -0.72, 0.75 * w, 0, w, 0.45, 0.6 * w, 0.88, 0, 1)));
    }

    static Figure star(SplittableRandom r) {
        int points = r.nextInt(5, 8);
        double inner = points == 5 ? r.nextDouble(0.36, 0.5) : r.nextDouble(0.45, 0.6);
        Figure figure = new Figure().body(Outline.star(points, 1, inner));
        return r.nextInt(3) == 0 ? figure.mark(Outline.star(points, 0.5, 0.5 * inner)) : figure;
    }

    static Figure sun(SplittableRandom r) {
        int rays = r.nextInt(7, 13);
        double disc = r.nextDouble(0.4, 0.55);
        boolean pointed = r.nextBoolean();
        Figure figure = new Figure().body(circle(0, 0, disc));
        for (int i = 0; i < rays; i++) {
            figure.body(turned(pointed
                    ? polygon(-0.13, -disc - 0.12, 0, -1, 0.13, -disc - 0.12)
                    : line(0.11, 0, -disc - 0.2, 0, -0.95), 360.0 * i / rays, 0, 0));
        }
        return figure;
    }

    static Figure snowman(SplittableRandom r) {
        double head = r.nextDouble(0.24, 0.32);
        double chest = r.nextDouble(0.36, 0.44);
        return new Figure()
                .body(circle(0, 0.5, 0.55), circle(0, -0.2, chest), circle(0, -0.72, head))
                .body(line(0.07, chest * 0.8, -0.2, 0.85, r.nextDouble(-0.6, -0.2)))
                .body(line(0.07, -chest * 0.8, -0.2, -0.85, r.nextDouble(-0.6, -0.2)))
                .mark(roundBox(-0.2, -1.25, 0.2, -0.9, 0.04), roundBox(-0.33, -0.96, 0.33, -0.87, 0.04))
                .mark(ellipse(0, -0.25, 0.06, 0.06), ellipse(0, 0, 0.06, 0.06), ellipse(0, 0.4, 0.06, 0.06));
    }
}
