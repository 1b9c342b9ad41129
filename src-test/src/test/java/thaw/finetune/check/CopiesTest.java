package thaw.finetune.check;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import thaw.Extent;
import thaw.engine.Device;
import thaw.finetune.data.ImageFiles;
import thaw.finetune.images.ImageDecoder;
import thaw.finetune.images.RgbImage;

class CopiesTest {

    /**
     * Copies of photographs by which no threshold was chosen are found, and no others. Without {@code -Dextent=full}, of every twentieth
     * image.
     */
    @Test
    void copiesOfPhotographsAreFound() throws IOException {
        SplittableRandom random = new SplittableRandom(5);
        List<Path> files = Extent.everyNth(20, ImageFiles.beneath(RealImages.shared("dogscats/valid")).images().stream());
        List<ImageTraits> traits = new ArrayList<>();
        List<Integer> original = new ArrayList<>();
        List<String> kind = new ArrayList<>();
        for (Path file : files) {
            traits.add(ImageTraits.of(ImageDecoder.decode(file)));
            original.add(original.size());
            kind.add("");
        }
        for (int i = 0; i < files.size(); i++) {
            for (Map.Entry<String, byte[]> copy : RealImages.copies(ImageDecoder.decode(files.get(i)), random).entrySet()) {
                traits.add(ImageTraits.of(RealImages.decoded(copy.getValue())));
                original.add(i);
                kind.add(copy.getKey());
            }
        }
        List<Copies.Pair> pairs;
        try (Device device = Device.cpu(2)) {
            pairs = Copies.find(traits.toArray(new ImageTraits[0]), device);
        }
        List<Copies.Pair> right = pairs.stream().filter(pair -> original.get(pair.first()).equals(original.get(pair.second()))).toList();
        Set<Integer> found = right.stream().map(Copies.Pair::second).collect(Collectors.toSet());
        Map<String, Integer> missed = new TreeMap<>();
        Map<String, Double> least = new HashMap<>();
        IntStream.range(files.size(), traits.size()).filter(i -> !found.contains(i))
                .forEach(i -> missed.merge(kind.get(i), 1, Integer::sum));
        right.forEach(pair -> least.merge(kind.get(pair.second()), pair.correlation(), Math::min));
        int copies = traits.size() - files.size();
        double recall = 1 - missed.values().stream().mapToInt(Integer::intValue).sum() / (double) copies;
        double precision = right.size() / (double) pairs.size();
        String measured = files.size() + " images, " + copies + " copies, recall " + recall + ", precision " + precision
                + ", missed " + missed + ", least correlations " + least;
        System.out.println(measured);
        assertTrue(recall >= 0.98 && precision >= 0.98, measured);
    }

    /** Smooth random images: a part of one, by its place and size, and another. */
    @Test
    void alignmentFindsThePart() {
        SplittableRandom random = new SplittableRandom(7);
        for (int i = 0; i < 20; i++) {
            RgbImage image = waves(random);
            byte[] whole = ImageTraits.of(image).thumbnail();
            byte[] part = ImageTraits.of(RealImages.cropped(image, 0.9 + 0.1 * random.nextDouble(), random)).thumbnail();
            assertTrue(Alignment.correlation(whole, part, 32) > 0.98, "part " + Alignment.correlation(whole, part, 32));
            assertTrue(Alignment.correlation(part, whole, 32) > 0.98, "whole " + Alignment.correlation(part, whole, 32));
            double other = Alignment.correlation(whole, ImageTraits.of(waves(random)).thumbnail(), 32);
            assertTrue(other < 0.9, "other " + other);
        }
    }

    /** A sum of waves of random directions and at most six periods. */
    private static RgbImage waves(SplittableRandom random) {
        int side = 160;
        double[] values = new double[side * side];
        for (int wave = 0; wave < 12; wave++) {
            double across = 12 * Math.PI * (random.nextDouble() - 0.5) / side;
            double down = 12 * Math.PI * (random.nextDouble() - 0.5) / side;
            double phase = 2 * Math.PI * random.nextDouble();
            for (int i = 0; i < values.length; i++) {
                values[i] += Math.cos(across * (i % side) + down * (i / side) + phase);
            }
        }
        byte[] rgb = new byte[3 * values.length];
        for (int i = 0; i < rgb.length; i++) {
            rgb[i] = (byte) Math.max(0, Math.min(255, Math.round(128 + 20 * values[i / 3])));
        }
        return RgbImage.of(side, side, rgb);
    }

    /** Images of one colour are alike only if they are equal. */
    @Test
    void imagesWithoutDetailAreNoCopies() {
        List<ImageTraits> traits = new ArrayList<>();
        for (int level : new int[] {20, 90, 90, 200}) {
            byte[] rgb = new byte[3 * 40 * 40];
            Arrays.fill(rgb, (byte) level);
            traits.add(ImageTraits.of(RgbImage.of(40, 40, rgb)));
        }
        try (Device device = Device.cpu(1)) {
            assertEquals(List.of(new Copies.Pair(1, 2, 1)), Copies.find(traits.toArray(new ImageTraits[0]), device));
            assertEquals(List.of(), Copies.find(new ImageTraits[3], device));
        }
    }
}
