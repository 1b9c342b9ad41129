package thaw.finetune.synthetic;

import static thaw.finetune.synthetic.Outline.arc;
import static thaw.finetune.synthetic.Outline.box;
import static thaw.finetune.synthetic.Outline.circle;
import static thaw.finetune.synthetic.Outline.line;
import static thaw.finetune.synthetic.Outline.polygon;
import static thaw.finetune.synthetic.Outline.roundBox;
import static thaw.finetune.synthetic.Outline.turned;

import java.util.SplittableRandom;

/** Silhouettes of tools and similar objects. */
final class Tools {

    private Tools() {
    }

    static Figure anchor(SplittableRandom r) {
        double t = r.nextDouble(0.14, 0.2);
        double reach = r.nextDouble(0.62, 0.8);
        double eye = r.nextDouble(0.14, 0.2);
        double bar = r.nextDouble(0.32, 0.48);
        return new Figure()
                .body(arc(0.8 * t, 0, -0.8, eye, eye, 0, 360))
                .body(line(t, 0, -0.6, 0, 0.85))
                .mark(line(t, -bar, -0.42, bar, -0.42))
                .body(arc(t, 0, 0.25, reach, 0.65, 180, 180))
                .body(polygon(reach, -0.1, reach + 0.24, 0.4, reach - 0.26, 0.32))
                .body(polygon(-reach, -0.1, -reach - 0.24, 0.4, -reach + 0.26, 0.32));
    }

    static Figure bone(SplittableRandom r) {
        double knob = r.nextDouble(0.2, 0.27);
        double shaft = r.nextDouble(0.13, 0.2);
        double apart = knob * r.nextDouble(0.8, 1.0);
        return new Figure()
                .body(box(-0.75, -shaft, 0.75, shaft))
                .body(circle(-0.8, -apart, knob), circle(-0.8, apart, knob))
                .body(circle(0.8, -apart, knob), circle(0.8, apart, knob));
    }

    static Figure gear(SplittableRandom r) {
        int teeth = r.nextInt(7, 12);
        double half = r.nextDouble(0.11, 0.15) * 8 / teeth * 1.2;
        Figure figure = new Figure().body(circle(0, 0, 0.76));
        for (int i = 0; i < teeth; i++) {
            figure.body(turned(polygon(-half * 1.25, -0.6, -half, -1, half, -1, half * 1.25, -0.6), 360.0 * i / teeth, 0, 0));
        }
        return figure.hole(circle(0, 0, r.nextDouble(0.25, 0.42)));
    }

    static Figure hammer(SplittableRandom r) {
        double head = r.nextDouble(0.17, 0.24);
        double claw = r.nextDouble(-0.85, -0.65);
        return new Figure()
                .mark(roundBox(-0.1, -0.8, 0.1, 1, 0.06))
                .body(box(-0.3, -0.6 - head, 0.55, -0.6 + head))
                .body(box(0.5, -0.64 - head, 0.72, -0.56 + head))
                .body(polygon(-0.28, -0.6 - head, claw, -0.45, claw + 0.05, -0.25, -0.28, -0.6 + head));
    }

    static Figure key(SplittableRandom r) {
        double bow = r.nextDouble(0.3, 0.4);
        double t = r.nextDouble(0.13, 0.18);
        int teeth = r.nextInt(2, 4);
        Figure figure = new Figure()
                .body(arc(t * 1.2, -0.62, 0, bow, bow * r.nextDouble(0.85, 1.1), 0, 360))
                .body(line(t, -0.62 + bow, 0, 1, 0));
        for (int i = 0; i < teeth; i++) {
            double x = 0.97 - 0.26 * i;
            figure.body(box(x - 0.08, 0, x + 0.08, r.nextDouble(0.26, 0.46)));
        }
        return figure;
    }

    static Figure ladder(SplittableRandom r) {
        int rungs = r.nextInt(4, 7);
        double bottom = r.nextDouble(0.35, 0.5);
        double top = bottom * r.nextDouble(0.65, 1.0);
        double t = r.nextDouble(0.1, 0.14);
        Figure figure = new Figure().body(line(t, -top, -1, -bottom, 1), line(t, top, -1, bottom, 1));
        for (int i = 0; i < rungs; i++) {
            double s = (i + 0.5) / rungs;
            double half = top + (bottom - top) * s;
            figure.body(line(t * 0.9, -half, -1 + 2 * s, half, -1 + 2 * s));
        }
        return figure;
    }

    static Figure magnifier(SplittableRandom r) {
        double lens = r.nextDouble(0.5, 0.62);
        double t = r.nextDouble(0.12, 0.18);
        double grip = lens * 0.7 - 0.3;
        return new Figure()
                .body(arc(t, -0.3, -0.3, lens, lens, 0, 360))
                .body(line(t, grip, grip, 0.95, 0.95))
                .mark(line(t * 1.6, grip + 0.3, grip + 0.3, 0.95, 0.95));
    }

    static Figure sword(SplittableRandom r) {
        double w = r.nextDouble(0.1, 0.16);
        double guard = r.nextDouble(0.32, 0.5);
        return new Figure()
                .body(polygon(0, -1.1, w, -0.85, w, 0.45, -w, 0.45, -w, -0.85))
                .mark(line(0.14, -guard, 0.5, guard, 0.5))
                .mark(line(0.13, 0, 0.5, 0, 0.9))
                .body(circle(0, 1, 0.13));
    }
}
