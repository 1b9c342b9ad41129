package thaw.resnet.visualize;

/**
 * A number for each region of an image.
 *
 * @param values in row-major order, {@code height · width}
 */
public record Heatmap(int width, int height, float[] values) {

    /** @throws IllegalArgumentException if there is not a value for each region */
    public Heatmap {
        if (width < 1 || height < 1 || values.length != width * height) {
            throw new IllegalArgumentException("heatmap: expected " + width + " x " + height + " values, got " + values.length);
        }
    }

    /** The largest absolute value; 0 if all are 0. */
    public float largest() {
        float most = 0;
        for (float value : values) {
            most = Math.max(most, Math.abs(value));
        }
        return most;
    }

    /** Bilinear interpolation between the regions' centres, at the centres of {@code width × height} pixels. */
    public Heatmap resize(int newWidth, int newHeight) {
        float[] resized = new float[newWidth * newHeight];
        for (int i = 0; i < newHeight; i++) {
            float y = Math.min(Math.max((i + 0.5f) * height / newHeight - 0.5f, 0), height - 1);
            int top = (int) y;
            int bottom = Math.min(top + 1, height - 1);
            for (int j = 0; j < newWidth; j++) {
                float x = Math.min(Math.max((j + 0.5f) * width / newWidth - 0.5f, 0), width - 1);
                int left = (int) x;
                int right = Math.min(left + 1, width - 1);
                float above = mix(values[top * width + left], values[top * width + right], x - left);
                float below = mix(values[bottom * width + left], values[bottom * width + right], x - left);
                resized[i * newWidth + j] = mix(above, below, y - top);
            }
        }
        return new Heatmap(newWidth, newHeight, resized);
    }

    private static float mix(float a, float b, float share) {
        return a + (b - a) * share;
    }
}
