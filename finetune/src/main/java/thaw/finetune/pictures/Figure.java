package thaw.finetune.pictures;

import java.awt.Shape;
import java.awt.geom.Rectangle2D;
import java.util.ArrayList;
import java.util.List;

/**
 * One object's form: parts laid over each other in order. Parts instead of one constructive area, as filling several
 * outlines in turn costs a fraction of computing their union. Units are free; y points down.
 */
final class Figure {

    /** What a part does to what lies below it. */
    enum Role {
        /** Belongs to the object. */
        BODY,
        /** Cuts through to the background: a window, the eye of a key. */
        HOLE,
        /** Belongs to the object, in its second tone: a leaf's veins, a hat's band. */
        MARK
    }

    record Part(Shape outline, Role role) {}

    private final List<Part> parts = new ArrayList<>();

    Figure body(Shape... outlines) {
        return add(Role.BODY, outlines);
    }

    Figure hole(Shape... outlines) {
        return add(Role.HOLE, outlines);
    }

    Figure mark(Shape... outlines) {
        return add(Role.MARK, outlines);
    }

    private Figure add(Role role, Shape... outlines) {
        for (Shape outline : outlines) {
            parts.add(new Part(outline, role));
        }
        return this;
    }

    List<Part> parts() {
        return parts;
    }

    /** The smallest rectangle around all that isn't a hole. */
    Rectangle2D bounds() {
        Rectangle2D box = null;
        for (Part part : parts) {
            if (part.role() != Role.HOLE) {
                Rectangle2D b = part.outline().getBounds2D();
                box = box == null ? b : box.createUnion(b);
            }
        }
        return box == null ? new Rectangle2D.Double() : box;
    }
}
