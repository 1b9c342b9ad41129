package thaw.finetune.synthetic;

import static thaw.finetune.synthetic.Outline.box;
import static thaw.finetune.synthetic.Outline.circle;
import static thaw.finetune.synthetic.Outline.ellipse;
import static thaw.finetune.synthetic.Outline.line;
import static thaw.finetune.synthetic.Outline.mirrored;
import static thaw.finetune.synthetic.Outline.polygon;
import static thaw.finetune.synthetic.Outline.segment;
import static thaw.finetune.synthetic.Outline.smooth;
import static thaw.finetune.synthetic.Outline.turned;
import static thaw.finetune.synthetic.Outline.wire;

import java.util.SplittableRandom;

/** Silhouettes of fruit, leaves, flowers and trees. */
final class Plants {

    private Plants() {
    }

    static Figure apple(SplittableRandom r) {
        double w = r.nextDouble(0.75, 0.95);
        double dent = r.nextDouble(0.15, 0.3);
        double tip = r.nextDouble(-0.2, 0.2);
        return new Figure()
                .body(smooth(mirrored(0, -0.7 + dent, 0.3, -0.75, 0.8 * w, -0.55, w, 0.05, 0.65 * w, 0.75, 0.25, 0.9, 0, 0.8)))
                .mark(wire(0.11, 0, -0.45, 0.02, -0.8, tip, -1.05))
                .body(turned(ellipse(0.33, -0.95, 0.3, 0.13), r.nextDouble(-35, -5), 0, -0.9));
    }

    static Figure cherry(SplittableRandom r) {
        double size = r.nextDouble(0.34, 0.44);
        double spread = r.nextDouble(0.42, 0.6);
        double lower = r.nextDouble(-0.1, 0.25);
        return new Figure()
                .body(wire(0.1, -spread, 0.45, -0.25, -0.3, 0.15, -0.9), wire(0.1, spread, 0.45 + lower, 0.4, -0.2, 0.15, -0.9))
                .body(circle(-spread, 0.55, size), circle(spread, 0.55 + lower, size))
                .body(turned(ellipse(0.55, -0.85, 0.38, 0.17), r.nextDouble(-10, 30), 0.15, -0.9));
    }

    static Figure clover(SplittableRandom r) {
        int leaves = r.nextInt(3, 5);
        double size = leaves == 3 ? r.nextDouble(0.38, 0.46) : r.nextDouble(0.33, 0.4);
        Figure figure = new Figure().body(wire(0.13, 0, 0, 0.05, 0.5, r.nextDouble(-0.4, 0.4), 1.1));
        for (int i = 0; i < leaves; i++) {
            double angle = 360.0 * i / leaves;
            double half = size * 0.55;
            figure.body(turned(smooth(0, 0, half * 1.7, -0.42, half * 1.25, -0.85, 0, -0.68,
                    -half * 1.25, -0.85, -half * 1.7, -0.42), angle, 0, 0));
        }
        return figure;
    }

    static Figure flower(SplittableRandom r) {
        int petals = r.nextInt(5, 9);
        double width = r.nextDouble(0.75, 1.0) * 1.9 / petals;
        Figure figure = new Figure();
        for (int i = 0; i < petals; i++) {
            figure.body(turned(ellipse(0, -0.62, width, 0.38), 360.0 * i / petals, 0, 0));
        }
        double heart = r.nextDouble(0.2, 0.34);
        return figure.body(circle(0, 0, 0.4)).mark(circle(0, 0, heart));
    }

    static Figure leaf(SplittableRandom r) {
        double w = r.nextDouble(0.42, 0.62);
        double belly = r.nextDouble(-0.15, 0.3);
        double bend = r.nextDouble(-0.15, 0.15);
        Figure figure = new Figure()
                .body(smooth(bend, -1, 0.72 * w, belly - 0.55, w, belly, 0.6 * w, belly + 0.4, 0, 0.75,
                        -0.6 * w, belly + 0.4, -w, belly, -0.72 * w, belly - 0.55))
                .body(polygon(bend - 0.1, -0.9, bend, -1.15, bend + 0.1, -0.9))
                .body(wire(0.1, 0, 0.7, 0.02, 0.9, r.nextDouble(-0.2, 0.2), 1.2));
        figure.mark(line(0.07, bend, -0.85, 0, 0.75));
        int veins = r.nextInt(2, 4);
        for (int i = 0; i < veins; i++) {
            double y = belly + 0.35 - 0.45 * i;
            double reach = w * (0.75 - 0.12 * i);
            figure.mark(line(0.055, -reach, y - 0.3, 0, y, reach, y - 0.3));
        }
        return figure;
    }

    static Figure mushroom(SplittableRandom r) {
        double height = r.nextDouble(0.65, 1.0);
        double stalk = r.nextDouble(0.17, 0.27);
        double foot = stalk + r.nextDouble(0.02, 0.15);
        Figure figure = new Figure()
                .body(smooth(mirrored(stalk, -0.1, stalk, 0.4, foot, 0.85, 0.5 * foot, 0.97)))
                .body(segment(0, 0.08, 0.95, height + 0.1, 0, 180));
        int dots = r.nextInt(2, 5);
        for (int i = 0; i < dots; i++) {
            double x = -0.5 + (i + 0.5) / dots + r.nextDouble(-0.06, 0.06);
            figure.mark(ellipse(x * 1.15, -height * r.nextDouble(0.25, 0.6) * (1.1 - Math.abs(x)), 0.12, 0.1));
        }
        return figure;
    }

    static Figure pear(SplittableRandom r) {
        double neck = r.nextDouble(0.26, 0.36);
        double hip = r.nextDouble(0.62, 0.78);
        return new Figure()
                .body(smooth(mirrored(0, -0.75, neck, -0.55, neck + 0.06, -0.15, hip, 0.4, 0.65 * hip, 0.88, 0, 0.95)))
                .mark(wire(0.11, 0, -0.65, 0.03, -0.85, r.nextDouble(-0.25, 0.25), -1.05));
    }

    static Figure pine(SplittableRandom r) {
        int tiers = r.nextInt(2, 5);
        double w = r.nextDouble(0.6, 0.8);
        Figure figure = new Figure().mark(box(-0.13, 0.5, 0.13, 1));
        for (int i = 0; i < tiers; i++) {
            double top = -1 + 1.2 * i / tiers;
            double bottom = -1 + 1.2 * i / tiers + 2.1 / tiers;
            double half = w * (0.55 + 0.45 * (i + 1) / tiers);
            figure.body(polygon(0, top, half, Math.min(bottom, 0.65), -half, Math.min(bottom, 0.65)));
        }
        return figure;
    }
}
