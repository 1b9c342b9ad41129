package thaw.resnet;

/**
 * The parts that a residual network is made of. Immutable.
 *
 * @param groups        the groups of the bottlenecks' 3×3 convolutions (Xie et al. 2017, "Aggregated residual transformations")
 * @param widthPerGroup the channels of each of these groups per 64 channels of the stage's base width
 */
public record Design(BlockKind block, int groups, int widthPerGroup, Stem stem, Shortcut shortcut, Attention attention) {

    /** The base width that {@link #widthPerGroup} refers to. */
    static final int BASE_WIDTH = 64;

    /** @throws IllegalArgumentException if the numbers describe no valid network */
    public Design {
        if (groups < 1 || widthPerGroup < 1) {
            throw new IllegalArgumentException("architecture: groups and widthPerGroup must be at least 1, got " + groups + " and "
                    + widthPerGroup);
        }
        if (block == BlockKind.BASIC && (groups != 1 || widthPerGroup != BASE_WIDTH)) {
            throw new IllegalArgumentException("architecture: basic blocks have one group of width " + BASE_WIDTH + ", got " + groups
                    + " of " + widthPerGroup + "; use bottlenecks");
        }
    }

    Design grouped(int newGroups, int newWidthPerGroup) {
        return new Design(block, newGroups, newWidthPerGroup, stem, shortcut, attention);
    }

    Design with(Stem other) {
        return new Design(block, groups, widthPerGroup, other, shortcut, attention);
    }

    Design with(Shortcut other) {
        return new Design(block, groups, widthPerGroup, stem, other, attention);
    }

    Design with(Attention other) {
        return new Design(block, groups, widthPerGroup, stem, shortcut, other);
    }
}
