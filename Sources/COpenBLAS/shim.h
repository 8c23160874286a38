#ifndef CHAINRULE_COPENBLAS_H
#define CHAINRULE_COPENBLAS_H

#include <cblas.h>

// Of LAPACK, which is in the same library; matrices lie column after column.

// Cholesky factors of a symmetric matrix, and the inverse by them.
void dpotrf_(const char *uplo, const int *n, double *a, const int *lda, int *info);
void dpotri_(const char *uplo, const int *n, double *a, const int *lda, int *info);

// Eigenvalues of a symmetric matrix, from the least, and the vectors in its place.
void dsyevd_(const char *jobz, const char *uplo, const int *n, double *a, const int *lda, double *w, double *work,
             const int *lwork, int *iwork, const int *liwork, int *info);

// Householder factors Q R, and Q itself in their place.
void dgeqrf_(const int *m, const int *n, double *a, const int *lda, double *tau, double *work, const int *lwork, int *info);
void dorgqr_(const int *m, const int *n, const int *k, double *a, const int *lda, const double *tau, double *work,
             const int *lwork, int *info);

#endif
