package thaw.finetune.synthetic;

import static thaw.finetune.synthetic.Outline.box;
import static thaw.finetune.synthetic.Outline.circle;
import static thaw.finetune.synthetic.Outline.ellipse;
import static thaw.finetune.synthetic.Outline.line;
import static thaw.finetune.synthetic.Outline.mirrored;
import static thaw.finetune.synthetic.Outline.polygon;
import static thaw.finetune.synthetic.Outline.smooth;
import static thaw.finetune.synthetic.Outline.wire;

import java.util.SplittableRandom;

/** Silhouettes of emblems and geometric shapes. */
final class Signs {

    private Signs() {
    }

    static Figure arrow(SplittableRandom r) {
        double shaft = r.nextDouble(0.14, 0.28);
        double head = r.nextDouble(0.5, 0.75);
        double neck = r.nextDouble(-0.05, 0.35);
        return new Figure().body(polygon(-1, -shaft, neck, -shaft, neck, -head, 1, 0, neck, head, neck, shaft, -1, shaft));
    }

    static Figure cross(SplittableRandom r) {
        double t = r.nextDouble(0.17, 0.33);
        double arm = r.nextDouble(0.8, 1.0);
        return new Figure().body(box(-t, -1, t, 1), box(-arm, -t, arm, t));
    }

    static Figure crown(SplittableRandom r) {
        double side = r.nextDouble(-0.65, -0.45);
        double middle = r.nextDouble(-0.8, -0.55);
        double valley = r.nextDouble(-0.1, 0.15);
        return new Figure()
                .body(polygon(-0.9, side, -0.45, valley, 0, middle, 0.45, valley, 0.9, side, 0.75, 0.7, -0.75, 0.7))
                .body(circle(-0.9, side, 0.11), circle(0, middle, 0.11), circle(0.9, side, 0.11))
                .mark(line(0.12, -0.72, 0.5, 0.72, 0.5));
    }

    static Figure gem(SplittableRandom r) {
        double table = r.nextDouble(0.45, 0.65);
        double girdle = r.nextDouble(-0.35, -0.15);
        return new Figure()
                .body(polygon(-table, -0.7, table, -0.7, 1, girdle, 0, 0.95, -1, girdle))
                .mark(line(0.055, -0.95, girdle, 0.95, girdle))
                .mark(line(0.055, -table * 0.6, girdle, 0, 0.9, table * 0.6, girdle))
                .mark(line(0.055, -table * 0.6, girdle, 0, -0.7, table * 0.6, girdle));
    }

    static Figure heart(SplittableRandom r) {
        double w = r.nextDouble(0.82, 1.0);
        double cleft = r.nextDouble(-0.55, -0.3);
        return new Figure()
                .body(smooth(mirrored(0, cleft, 0.28 * w, -0.78, 0.72 * w, -0.8, w, -0.35,
                        0.8 * w, 0.15, 0.3 * w, 0.68, 0, 0.95)));
    }

    static Figure ring(SplittableRandom r) {
        double hole = r.nextDouble(0.5, 0.72);
        double squash = r.nextDouble(0.75, 1.0);
        return new Figure().body(ellipse(0, 0, 1, squash)).hole(ellipse(0, 0, hole, hole * squash));
    }

    static Figure spiral(SplittableRandom r) {
        double turns = r.nextDouble(1.8, 2.6);
        int n = 26;
        double[] xy = new double[2 * n];
        for (int i = 0; i < n; i++) {
            double s = i / (n - 1.0);
            double angle = 2 * Math.PI * turns * s;
            xy[2 * i] = (0.06 + 0.94 * s) * Math.cos(angle);
            xy[2 * i + 1] = (0.06 + 0.94 * s) * Math.sin(angle);
        }
        return new Figure().body(wire(r.nextDouble(0.13, 0.19), xy));
    }
}
