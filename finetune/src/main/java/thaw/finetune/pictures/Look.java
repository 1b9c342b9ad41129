package thaw.finetune.pictures;

import java.util.SplittableRandom;

/**
 * What an object is made of and how it stands out from what is behind it. Lengths are shares of the picture's side,
 * the others are in [0, 1].
 *
 * @param hollow how transparent the inside is: 1 leaves a drawing in outline
 * @param rim width of the zone along the edge
 * @param edge packed RGB of the line along the edge
 * @param edgeStrength opacity of that line
 * @param shadow darkness of the shadow that falls on the background
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
