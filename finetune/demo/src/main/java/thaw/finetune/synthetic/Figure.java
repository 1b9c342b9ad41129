package thaw.finetune.synthetic;

import java.awt.Shape;
import java.awt.geom.Rectangle2D;
import java.util.ArrayList;
import java.util.List;

/**
 * The shape of one object: parts drawn over each other in order. Filling several outlines in turn costs a fraction of computing
 * their union as one {@code Area}. Units are arbitrary; y points down. Not thread-safe.
 */
final class Figure {

    /** The effect of a part on the parts below it. */
    enum Role {
        /** Part of the object. */
        BODY,
        /** A hole through which the background is visible: a window, the eye of a key. */
        HOLE,
        /** Part of the object, with its second surface: a leaf's veins, a hat's band. */
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

    /** The smallest rectangle around all parts except holes; empty if there are none. */
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
