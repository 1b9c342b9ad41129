package thaw.finetune.synthetic;

import java.util.SplittableRandom;

/**
 * The surfaces, edge and shadow of an object. Lengths are shares of the image's side; the other numbers are in [0, 1].
 *
 * @param body surface of the object
 * @param marks surface of its {@linkplain Figure.Role#MARK marks}
 * @param hollow transparency of the inside; with 1 only the outline is visible
 * @param rim width of the zone along the edge
 * @param edge packed RGB of the line along the edge
 * @param edgeStrength opacity of that line
 * @param shadow darkness of the shadow on the background
 * @param shadowX offset of the shadow to the right
 * @param shadowY offset of the shadow downwards
 */
record Look(Surface body, Surface marks, double hollow, double rim, int edge, double edgeStrength,
        double shadow, double shadowX, double shadowY) {

    static Look random(Surface background, SplittableRandom r) {
        Surface body = Surface.against(background, r.nextDouble(0.4, 0.75), r);
        Surface marks = r.nextInt(3) == 0
                ? Surface.random(r)
                : body.shaded(r.nextBoolean() ? r.nextDouble(0.3, 0.65) : r.nextDouble(1.6, 2.6));
        boolean drawn = r.nextInt(10) == 0;
        double hollow = drawn ? r.nextDouble(0.6, 1) : r.nextInt(3) == 0 ? r.nextDouble(0.3) : 0;
        double edgeStrength = drawn || r.nextInt(3) > 0 ? 0 : r.nextDouble(0.4, 1);
        int edge = r.nextInt(3) == 0 ? 0xF4F4F4 : 0x141414;
        return new Look(body, marks, hollow, r.nextDouble(0.025, 0.045), edge, edgeStrength,
                r.nextInt(3) == 0 ? r.nextDouble(0.2, 0.6) : 0, r.nextDouble(-0.06, 0.06), r.nextDouble(0.0, 0.06));
    }
}
