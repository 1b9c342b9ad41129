package thaw.finetune.synthetic;

import java.awt.BasicStroke;
import java.awt.Shape;
import java.awt.geom.AffineTransform;
import java.awt.geom.Arc2D;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Path2D;
import java.awt.geom.Rectangle2D;
import java.awt.geom.RoundRectangle2D;
import java.util.Arrays;

/** Outlines from which silhouettes are built. Points are given as x, y, x, y, …; angles are in degrees. */
final class Outline {

    private Outline() {
    }

    static Shape circle(double x, double y, double radius) {
        return ellipse(x, y, radius, radius);
    }

    static Shape ellipse(double x, double y, double rx, double ry) {
        return new Ellipse2D.Double(x - rx, y - ry, 2 * rx, 2 * ry);
    }

    static Shape box(double left, double top, double right, double bottom) {
        return new Rectangle2D.Double(left, top, right - left, bottom - top);
    }

    static Shape roundBox(double left, double top, double right, double bottom, double radius) {
        return new RoundRectangle2D.Double(left, top, right - left, bottom - top, 2 * radius, 2 * radius);
    }

    /** An arc of an ellipse closed by its chord; {@code start} and {@code extent} run counter-clockwise from the x axis. */
    static Shape segment(double x, double y, double rx, double ry, double start, double extent) {
        return new Arc2D.Double(x - rx, y - ry, 2 * rx, 2 * ry, start, extent, Arc2D.CHORD);
    }

    static Shape polygon(double... points) {
        Path2D path = open(points);
        path.closePath();
        return path;
    }

    /** A polyline of the given width, with round ends. */
    static Shape line(double width, double... points) {
        return stroke(width, open(points));
    }

    /** An arc of the given width. */
    static Shape arc(double width, double x, double y, double rx, double ry, double start, double extent) {
        return stroke(width, new Arc2D.Double(x - rx, y - ry, 2 * rx, 2 * ry, start, extent, Arc2D.OPEN));
    }

    /** A smooth curve of the given width through all points. */
    static Shape wire(double width, double... points) {
        return stroke(width, catmullRom(false, points));
    }

    /** A closed smooth curve through all points. */
    static Shape smooth(double... points) {
        return catmullRom(true, points);
    }

    /**
     * The points, followed in reverse order by their reflections in the y axis: turns the right half of a symmetric outline,
     * given from top to bottom, into the whole outline. Points on the axis are not doubled.
     */
    static double[] mirrored(double... points) {
        int n = points.length;
        double[] all = new double[2 * n];
        System.arraycopy(points, 0, all, 0, n);
        int k = n;
        for (int i = n - 2; i >= 0; i -= 2) {
            if (points[i] != 0) {
                all[k++] = -points[i];
                all[k++] = points[i + 1];
            }
        }
        return Arrays.copyOf(all, k);
    }

    /** A closed polygon whose corners are alternately on an outer and an inner circle, the first one at the top. */
    static Shape star(int points, double outer, double inner) {
        double[] xy = new double[4 * points];
        for (int i = 0; i < 2 * points; i++) {
            double angle = Math.PI * i / points;
            double radius = i % 2 == 0 ? outer : inner;
            xy[2 * i] = radius * Math.sin(angle);
            xy[2 * i + 1] = -radius * Math.cos(angle);
        }
        return polygon(xy);
    }

    static Shape turned(Shape outline, double degrees, double x, double y) {
        return AffineTransform.getRotateInstance(Math.toRadians(degrees), x, y).createTransformedShape(outline);
    }

    /** The reflection in the y axis. */
    static Shape flipped(Shape outline) {
        return AffineTransform.getScaleInstance(-1, 1).createTransformedShape(outline);
    }

    private static Path2D open(double... points) {
        Path2D path = new Path2D.Double();
        path.moveTo(points[0], points[1]);
        for (int i = 2; i < points.length; i += 2) {
            path.lineTo(points[i], points[i + 1]);
        }
        return path;
    }

    private static Shape stroke(double width, Shape line) {
        return new BasicStroke((float) width, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND).createStrokedShape(line);
    }

    /**
     * The uniform Catmull-Rom spline as cubic Bézier curves: from p₁ to p₂ with control points p₁ + (p₂ − p₀)/6 and
     * p₂ − (p₃ − p₁)/6.
     */
    private static Path2D catmullRom(boolean closed, double... points) {
        int n = points.length / 2;
        Path2D path = new Path2D.Double();
        path.moveTo(points[0], points[1]);
        int pieces = closed ? n : n - 1;
        for (int i = 0; i < pieces; i++) {
            int before = closed ? (i + n - 1) % n : Math.max(i - 1, 0);
            int from = i;
            int to = (i + 1) % n;
            int after = closed ? (i + 2) % n : Math.min(i + 2, n - 1);
            path.curveTo(
                    points[2 * from] + (points[2 * to] - points[2 * before]) / 6,
                    points[2 * from + 1] + (points[2 * to + 1] - points[2 * before + 1]) / 6,
                    points[2 * to] - (points[2 * after] - points[2 * from]) / 6,
                    points[2 * to + 1] - (points[2 * after + 1] - points[2 * from + 1]) / 6,
                    points[2 * to], points[2 * to + 1]);
        }
        if (closed) {
            path.closePath();
        }
        return path;
    }
}
