package thaw.peers;

import java.nio.file.Path;
import thaw.finetune.data.Batches;
import thaw.finetune.data.ImageFolder;
import thaw.finetune.data.Batch;

/** Thaw's loader: decodes, resizes, crops, flips and normalises a folder's images, an epoch a step. */
final class ThawImages {

    private static final int BATCH = 32;

    private ThawImages() {
    }

    /** @param args folder, image size and threads */
    public static void main(String[] args) throws Exception {
        ImageFolder data = ImageFolder.of(Path.of(args[0])).size(Integer.parseInt(args[1])).batch(BATCH)
                .threads(Integer.parseInt(args[2])).cacheBytes(0);
        int[] epoch = {0};
        new Contender(Path.of(args[0]), "", "infer", BATCH, data.transforms().size(), 1).converse(() -> {
            int images = 0;
            try (Batches batches = data.trainLoader().epoch(epoch[0]++)) {
                for (Batch batch : batches) {
                    images += batch.size();
                }
            }
            return new float[] {images};
        });
    }
}
