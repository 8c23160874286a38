#include "vm_engine.h"
#include "vm_optimizers.h"
#include "vm_histogram.h"
