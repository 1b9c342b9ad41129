package thaw.finetune.synthetic;

import static thaw.finetune.synthetic.Outline.arc;
import static thaw.finetune.synthetic.Outline.box;
import static thaw.finetune.synthetic.Outline.circle;
import static thaw.finetune.synthetic.Outline.ellipse;
import static thaw.finetune.synthetic.Outline.line;
import static thaw.finetune.synthetic.Outline.mirrored;
import static thaw.finetune.synthetic.Outline.polygon;
import static thaw.finetune.synthetic.Outline.roundBox;
import static thaw.finetune.synthetic.Outline.segment;
import static thaw.finetune.synthetic.Outline.smooth;
import static thaw.finetune.synthetic.Outline.wire;

import java.util.SplittableRandom;

/** Silhouettes of household objects and clothing. */
final class Household {

    private Household() {
    }

    static Figure bell(SplittableRandom r) {
        double shoulder = r.nextDouble(0.38, 0.5);
        double mouth = r.nextDouble(0.75, 0.95);
        return new Figure()
                .mark(circle(0, 0.75, 0.2))
                .body(circle(0, -0.85, 0.16))
                .body(smooth(mirrored(0, -0.85, shoulder, -0.6, shoulder + 0.08, 0, mouth, 0.6, 0.5 * mouth, 0.68, 0, 0.7)))
                .mark(line(0.09, -0.62 * mouth, 0.32, 0.62 * mouth, 0.32));
    }

    static Figure bottle(SplittableRandom r) {
        double w = r.nextDouble(0.3, 0.44);
        double neck = r.nextDouble(0.11, 0.17);
        double shoulder = r.nextDouble(-0.35, -0.05);
        return new Figure()
                .body(smooth(mirrored(neck, -0.95, neck, shoulder - 0.3, w, shoulder + 0.15, w, 0.5, w, 0.9, 0.6 * w, 1)))
                .mark(box(-neck - 0.05, -1.05, neck + 0.05, -0.85))
                .mark(box(-w, 0.2, w, r.nextDouble(0.5, 0.75)));
    }

    static Figure candle(SplittableRandom r) {
        double w = r.nextDouble(0.18, 0.28);
        double top = r.nextDouble(-0.4, -0.05);
        double plate = r.nextDouble(0.5, 0.75);
        return new Figure()
                .body(box(-w, top, w, 0.85))
                .body(segment(0, 0.8, plate, 0.3, 180, 180))
                .body(arc(0.09, plate + 0.08, 0.85, 0.15, 0.13, 0, 360))
                .mark(line(0.06, 0, top, 0, top - 0.15))
                .mark(smooth(mirrored(0, top - 0.75, 0.16, top - 0.32, 0.12, top - 0.14, 0, top - 0.1)));
    }

    static Figure chair(SplittableRandom r) {
        double seat = r.nextDouble(0.0, 0.2);
        double lean = r.nextDouble(0.0, 0.2);
        double t = r.nextDouble(0.12, 0.17);
        return new Figure()
                .body(line(t, -0.5, seat, -0.5 - lean, -1), line(t, -0.5, seat, 0.55, seat))
                .body(line(t, -0.5, seat, -0.55 - lean * 0.5, 1), line(t, 0.55, seat, 0.6, 1))
                .mark(line(t, -0.52 - lean * 0.7, -0.75, -0.53 - lean * 0.35, -0.35))
                .mark(line(0.08, -0.52, 0.5 + seat * 0.3, 0.57, 0.5 + seat * 0.3));
    }

    static Figure cup(SplittableRandom r) {
        double top = r.nextDouble(0.55, 0.68);
        double bottom = top * r.nextDouble(0.62, 0.95);
        double y = r.nextDouble(-0.5, -0.3);
        Figure figure = new Figure()
                .body(arc(0.14, top - 0.02, 0.1, r.nextDouble(0.3, 0.42), r.nextDouble(0.27, 0.36), 90, -180))
                .body(smooth(-top, y, -0.2, y - 0.01, 0.2, y - 0.01, top, y, 0.5 * (top + bottom), 0.4, bottom, 0.75,
                        0, 0.82, -bottom, 0.75, -0.5 * (top + bottom), 0.4))
                .mark(ellipse(0, y + 0.02, top * 0.86, 0.09));
        int steam = r.nextInt(3);
        for (int i = 0; i < steam; i++) {
            double x = steam == 1 ? 0 : -0.2 + 0.4 * i;
            figure.mark(wire(0.06, x, y - 0.15, x + 0.1, y - 0.3, x - 0.08, y - 0.45, x + 0.03, y - 0.6));
        }
        return figure;
    }

    static Figure glasses(SplittableRandom r) {
        double w = r.nextDouble(0.33, 0.4);
        double h = r.nextDouble(0.25, 0.38);
        double t = r.nextDouble(0.1, 0.14);
        return new Figure()
                .body(arc(t, -0.5, 0, w, h, 0, 360), arc(t, 0.5, 0, w, h, 0, 360))
                .body(arc(t, 0, 0, 0.16, 0.18, 20, 140))
                .body(line(t, -0.5 - w, -0.05, -1.05, -0.3), line(t, 0.5 + w, -0.05, 1.05, -0.3));
    }

    static Figure hat(SplittableRandom r) {
        double bottom = r.nextDouble(0.45, 0.58);
        double top = bottom * r.nextDouble(0.8, 1.15);
        double crown = r.nextDouble(-0.85, -0.4);
        return new Figure()
                .body(polygon(-top, crown, top, crown, bottom, 0.45, -bottom, 0.45))
                .body(ellipse(0, 0.5, 1, r.nextDouble(0.14, 0.22)))
                .mark(box(-bottom, 0.15, bottom, 0.36));
    }

    static Figure hourglass(SplittableRandom r) {
        double w = r.nextDouble(0.5, 0.65);
        double waist = r.nextDouble(0.05, 0.1);
        return new Figure()
                .body(polygon(-w, -0.85, w, -0.85, waist, 0, w, 0.85, -w, 0.85, -waist, 0))
                .mark(roundBox(-w - 0.12, -1, w + 0.12, -0.8, 0.08), roundBox(-w - 0.12, 0.8, w + 0.12, 1, 0.08))
                .hole(polygon(-0.5 * w, -0.68, 0.5 * w, -0.68, 0, -0.25));
    }

    static Figure lamp(SplittableRandom r) {
        double top = r.nextDouble(0.25, 0.4);
        double shade = r.nextDouble(0.65, 0.85);
        double hem = r.nextDouble(-0.25, 0.0);
        return new Figure()
                .mark(line(0.11, 0, hem, 0, 0.85))
                .body(polygon(-top, -1, top, -1, shade, hem, -shade, hem))
                .body(segment(0, 1, r.nextDouble(0.4, 0.55), 0.25, 0, 180));
    }

    static Figure umbrella(SplittableRandom r) {
        double rise = r.nextDouble(0.75, 1.0);
        double hook = r.nextDouble(0.14, 0.2);
        int panels = r.nextInt(3, 6);
        Figure figure = new Figure().body(segment(0, 0, 1, rise, 0, 180));
        for (int i = 0; i < panels; i++) {
            double half = 1.0 / panels;
            figure.hole(ellipse(-1 + half * (2 * i + 1), 0.02, half * 0.88, 0.13));
        }
        for (int i = 1; i < panels; i++) {
            double x = -1 + 2.0 * i / panels;
            figure.mark(wire(0.045, x, -0.02, x * 0.75, -0.55 * rise, 0, -rise));
        }
        return figure
                .mark(line(0.07, 0, -rise - 0.12, 0, -rise + 0.05))
                .mark(line(0.09, 0, -0.2, 0, 0.85))
                .mark(arc(0.09, hook, 0.85, hook, hook, 180, 180));
    }

    static Figure wineglass(SplittableRandom r) {
        double bowl = r.nextDouble(0.38, 0.52);
        double rim = bowl * r.nextDouble(0.75, 1.0);
        double bottom = r.nextDouble(0.0, 0.25);
        return new Figure()
                .body(smooth(-rim, -0.98, 0, -1, rim, -0.98, bowl, -0.45, 0.5 * bowl, bottom - 0.08, 0, bottom,
                        -0.5 * bowl, bottom - 0.08, -bowl, -0.45))
                .mark(box(-bowl, -0.55, bowl, -0.47))
                .body(line(0.1, 0, bottom - 0.05, 0, 0.9))
                .body(ellipse(0, 0.93, r.nextDouble(0.38, 0.5), 0.09));
    }
}
