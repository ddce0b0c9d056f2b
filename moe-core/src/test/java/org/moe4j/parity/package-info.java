/**
 * Whole models against what transformers and llama.cpp computed with the same files, on every
 * device that is found, and the promise that results depend on nothing but model and tokens. The
 * scripts in {@code src/test/python} make the fixtures.
 */
@NullMarked
package org.moe4j.parity;

import org.jspecify.annotations.NullMarked;
