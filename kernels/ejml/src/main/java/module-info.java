/**
 * EJML, whose jars share packages and therefore cannot be on a module path together, as one module. Its two classes that
 * draw a matrix in a window need {@code java.desktop}.
 */
module thaw.ejml {
    requires static java.desktop;

    exports org.ejml;
    exports org.ejml.concurrency;
    exports org.ejml.data;
    exports org.ejml.dense.block;
    exports org.ejml.dense.block.decomposition.bidiagonal;
    exports org.ejml.dense.block.decomposition.chol;
    exports org.ejml.dense.block.decomposition.hessenberg;
    exports org.ejml.dense.block.decomposition.qr;
    exports org.ejml.dense.block.linsol.chol;
    exports org.ejml.dense.block.linsol.qr;
    exports org.ejml.dense.fixed;
    exports org.ejml.dense.row;
    exports org.ejml.dense.row.decompose;
    exports org.ejml.dense.row.decompose.chol;
    exports org.ejml.dense.row.decompose.hessenberg;
    exports org.ejml.dense.row.decompose.lu;
    exports org.ejml.dense.row.decompose.qr;
    exports org.ejml.dense.row.decomposition;
    exports org.ejml.dense.row.decomposition.bidiagonal;
    exports org.ejml.dense.row.decomposition.chol;
    exports org.ejml.dense.row.decomposition.eig;
    exports org.ejml.dense.row.decomposition.eig.symm;
    exports org.ejml.dense.row.decomposition.eig.watched;
    exports org.ejml.dense.row.decomposition.hessenberg;
    exports org.ejml.dense.row.decomposition.lu;
    exports org.ejml.dense.row.decomposition.qr;
    exports org.ejml.dense.row.decomposition.svd;
    exports org.ejml.dense.row.decomposition.svd.implicitqr;
    exports org.ejml.dense.row.factory;
    exports org.ejml.dense.row.linsol;
    exports org.ejml.dense.row.linsol.chol;
    exports org.ejml.dense.row.linsol.lu;
    exports org.ejml.dense.row.linsol.qr;
    exports org.ejml.dense.row.linsol.svd;
    exports org.ejml.dense.row.misc;
    exports org.ejml.dense.row.mult;
    exports org.ejml.equation;
    exports org.ejml.generic;
    exports org.ejml.interfaces;
    exports org.ejml.interfaces.decomposition;
    exports org.ejml.interfaces.linsol;
    exports org.ejml.masks;
    exports org.ejml.ops;
    exports org.ejml.simple;
    exports org.ejml.simple.ops;
    exports org.ejml.sparse;
    exports org.ejml.sparse.csc;
    exports org.ejml.sparse.csc.decomposition.chol;
    exports org.ejml.sparse.csc.decomposition.lu;
    exports org.ejml.sparse.csc.decomposition.qr;
    exports org.ejml.sparse.csc.factory;
    exports org.ejml.sparse.csc.linsol.chol;
    exports org.ejml.sparse.csc.linsol.lu;
    exports org.ejml.sparse.csc.linsol.qr;
    exports org.ejml.sparse.csc.misc;
    exports org.ejml.sparse.csc.mult;
    exports org.ejml.sparse.triplet;
}
