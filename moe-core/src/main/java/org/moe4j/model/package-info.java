/**
 * The model as data: one immutable {@link org.moe4j.model.ModelSpec}, made by a family's mapping
 * and read by the decoder, the devices and whoever wants to know what a model costs. Nothing here
 * computes.
 */
@NullMarked
package org.moe4j.model;

import org.jspecify.annotations.NullMarked;
