/**
 * Model files as they lie on disk: GGUF files and safetensors directories, their settings, their
 * tensors and the plain meaning of each tensor type. Called by every room that reads a model; knows
 * no family and computes nothing but dequantised values.
 */
@NullMarked
package org.moe4j.format;

import org.jspecify.annotations.NullMarked;
