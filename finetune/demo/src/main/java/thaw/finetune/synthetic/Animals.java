package thaw.finetune.synthetic;

import static thaw.finetune.synthetic.Outline.arc;
import static thaw.finetune.synthetic.Outline.circle;
import static thaw.finetune.synthetic.Outline.ellipse;
import static thaw.finetune.synthetic.Outline.flipped;
import static thaw.finetune.synthetic.Outline.line;
import static thaw.finetune.synthetic.Outline.polygon;
import static thaw.finetune.synthetic.Outline.smooth;
import static thaw.finetune.synthetic.Outline.turned;
import static thaw.finetune.synthetic.Outline.wire;

import java.awt.Shape;
import java.util.SplittableRandom;

/** Silhouettes of animals, simplified as on a sign. */
final class Animals {

    private Animals() {
    }

    static Figure bird(SplittableRandom r) {
        double fat = r.nextDouble(0.38, 0.5);
        double tail = r.nextDouble(-0.45, 0.1);
        double head = r.nextDouble(0.24, 0.32);
        return new Figure()
                .body(turned(ellipse(0, 0.15, 0.68, fat), r.nextDouble(-25, -8), 0, 0.15))
                .body(circle(0.5, -0.33, head))
                .body(polygon(0.5 + head * 0.8, -0.45, 1.1, -0.28, 0.5 + head * 0.8, -0.18))
                .body(polygon(-0.4, 0.05, -1.1, tail, -1.0, tail + 0.35, -0.4, 0.4))
                .body(line(0.08, -0.05, 0.5, -0.08, 0.95), line(0.08, 0.18, 0.5, 0.2, 0.95))
                .mark(turned(smooth(0.25, 0, 0, 0.38, -0.55, 0.35, -0.2, 0), r.nextDouble(-15, 10), 0, 0.1))
                .hole(circle(0.55, -0.38, 0.07));
    }

    static Figure butterfly(SplittableRandom r) {
        double tilt = r.nextDouble(25, 42);
        double upper = r.nextDouble(0.32, 0.42);
        double lower = r.nextDouble(0.24, 0.34);
        Shape fore = turned(smooth(0, 0, upper, -0.55, 0.5 * upper, -1.05, -0.75 * upper, -0.95, -0.55 * upper, -0.4),
                tilt, 0, 0);
        Shape hind = turned(ellipse(0, 0.48, lower, 0.48), -tilt, 0, 0);
        Shape spot = turned(ellipse(0, -0.72, 0.12, 0.16), tilt + 4, 0, 0);
        return new Figure()
                .body(fore, flipped(fore), hind, flipped(hind))
                .mark(spot, flipped(spot))
                .mark(ellipse(0, 0.05, 0.09, 0.55))
                .mark(wire(0.055, 0, -0.4, 0.1, -0.75, 0.26, -0.88), wire(0.055, 0, -0.4, -0.1, -0.75, -0.26, -0.88));
    }

    static Figure cat(SplittableRandom r) {
        double w = r.nextDouble(0.75, 0.9);
        double ear = r.nextDouble(-1.1, -0.85);
        Shape side = polygon(0.1 * w, -0.42, 0.82 * w, ear, 0.95 * w, 0.05);
        double eye = r.nextDouble(0.09, 0.14);
        return new Figure()
                .body(ellipse(0, 0.12, w, 0.7))
                .body(side, flipped(side))
                .hole(ellipse(0.34, 0.02, eye, 0.13), ellipse(-0.34, 0.02, eye, 0.13))
                .mark(polygon(-0.12, 0.28, 0.12, 0.28, 0, 0.42))
                .mark(line(0.05, 0.3, 0.4, 1, 0.3), line(0.05, 0.3, 0.48, 1, 0.55))
                .mark(line(0.05, -0.3, 0.4, -1, 0.3), line(0.05, -0.3, 0.48, -1, 0.55));
    }

    static Figure fish(SplittableRandom r) {
        double fat = r.nextDouble(0.36, 0.55);
        double fork = r.nextDouble(0.35, 0.55);
        double notch = r.nextDouble(0.05, 0.25);
        return new Figure()
                .body(smooth(0.95, 0, 0.5, -0.85 * fat, -0.05, -fat, -0.6, -0.1, -0.6, 0.1, -0.05, fat, 0.5, 0.85 * fat))
                .body(polygon(-0.5, 0, -1.05, -fork, -1.05 + notch, 0, -1.05, fork))
                .body(polygon(0.25, -0.8 * fat, -0.2, -fat - r.nextDouble(0.15, 0.3), -0.3, -0.7 * fat))
                .mark(polygon(0.15, 0.05, -0.25, 0.28, -0.2, -0.05))
                .mark(arc(0.06, 0.35, 0, 0.18, 0.7 * fat, 90, 180))
                .hole(circle(0.62, -0.25 * fat, 0.08));
    }
}
