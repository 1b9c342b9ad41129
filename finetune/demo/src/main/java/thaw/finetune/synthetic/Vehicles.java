package thaw.finetune.synthetic;

import static thaw.finetune.synthetic.Outline.box;
import static thaw.finetune.synthetic.Outline.circle;
import static thaw.finetune.synthetic.Outline.flipped;
import static thaw.finetune.synthetic.Outline.line;
import static thaw.finetune.synthetic.Outline.mirrored;
import static thaw.finetune.synthetic.Outline.polygon;
import static thaw.finetune.synthetic.Outline.roundBox;
import static thaw.finetune.synthetic.Outline.smooth;

import java.awt.Shape;
import java.util.SplittableRandom;

/** Silhouettes of vehicles, buildings and flags. */
final class Vehicles {

    private Vehicles() {
    }

    static Figure boat(SplittableRandom r) {
        double mast = r.nextDouble(-0.2, 0.1);
        double deck = r.nextDouble(0.4, 0.5);
        return new Figure()
                .body(polygon(-1, deck, 1, deck, 0.62, 0.9, -0.7, 0.9))
                .mark(line(0.07, mast, -1, mast, deck))
                .body(polygon(mast + 0.08, -0.95, mast + 0.08, deck - 0.14, r.nextDouble(0.6, 0.9), deck - 0.14))
                .body(polygon(mast - 0.08, r.nextDouble(-0.8, -0.4), mast - 0.08, deck - 0.14, -0.75, deck - 0.14));
    }

    static Figure car(SplittableRandom r) {
        double roof = r.nextDouble(-0.62, -0.45);
        double front = r.nextDouble(0.25, 0.45);
        double back = r.nextDouble(-0.65, -0.4);
        double wheel = r.nextDouble(0.2, 0.27);
        return new Figure()
                .body(roundBox(-1, -0.1, 1, 0.4, 0.14))
                .body(polygon(back - 0.2, 0, back, roof, front, roof, front + 0.3, 0))
                .hole(polygon(back, -0.1, back + 0.1, roof + 0.12, -0.1, roof + 0.12, -0.1, -0.1))
                .hole(polygon(0.02, -0.1, 0.02, roof + 0.12, front - 0.05, roof + 0.12, front + 0.1, -0.1))
                .mark(circle(-0.55, 0.42, wheel), circle(0.55, 0.42, wheel))
                .body(circle(-0.55, 0.42, 0.45 * wheel), circle(0.55, 0.42, 0.45 * wheel));
    }

    static Figure flag(SplittableRandom r) {
        double wave = r.nextDouble(-0.2, 0.2);
        double bottom = r.nextDouble(-0.05, 0.25);
        double end = r.nextDouble(0.65, 0.95);
        return new Figure()
                .body(smooth(-0.6, -0.95, -0.1, -0.95 + wave, 0.4, -0.95 - wave * 0.6, end, -0.9,
                        end, bottom, 0.4, bottom - wave * 0.6, -0.1, bottom + wave, -0.6, bottom))
                .mark(line(0.11, -0.62, -1, -0.62, 1));
    }

    static Figure house(SplittableRandom r) {
        double w = r.nextDouble(0.6, 0.8);
        double eaves = r.nextDouble(-0.3, 0.0);
        double door = r.nextDouble(-0.35, 0.35) * w;
        double window = door > 0 ? door - 0.45 : door + 0.45;
        double chimney = r.nextBoolean() ? 0.45 : -0.45;
        return new Figure()
                .body(box(chimney - 0.12, -0.9, chimney + 0.12, eaves))
                .body(box(-w, eaves, w, 0.9))
                .mark(polygon(-w - 0.2, eaves, 0, -1, w + 0.2, eaves))
                .hole(box(door - 0.15, 0.35, door + 0.15, 0.9))
                .hole(box(window - 0.14, 0.2, window + 0.14, 0.5));
    }

    static Figure rocket(SplittableRandom r) {
        double w = r.nextDouble(0.27, 0.38);
        double flame = r.nextDouble(0.85, 1.15);
        Shape fin = polygon(0.8 * w, 0.1, w + 0.38, 0.7, w * 0.8, 0.6);
        return new Figure()
                .mark(polygon(-0.6 * w, 0.6, 0, flame, 0.6 * w, 0.6))
                .body(smooth(mirrored(0, -1.1, 0.6 * w, -0.7, w, -0.15, w, 0.3, 0.75 * w, 0.65)))
                .mark(fin, flipped(fin))
                .hole(circle(0, r.nextDouble(-0.4, -0.15), 0.48 * w));
    }
}
