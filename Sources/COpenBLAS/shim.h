#ifndef CHAINRULE_COPENBLAS_H
#define CHAINRULE_COPENBLAS_H

#include <cblas.h>

// Of LAPACK, which is in the same library: Cholesky factors of a symmetric matrix, column after column, and the inverse by them.
void dpotrf_(const char *uplo, const int *n, double *a, const int *lda, int *info);
void dpotri_(const char *uplo, const int *n, double *a, const int *lda, int *info);

#endif
