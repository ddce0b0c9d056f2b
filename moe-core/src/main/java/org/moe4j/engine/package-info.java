/**
 * The implementation of {@link org.moe4j.MixtureModel}: opens files, chooses a device, puts the
 * parts together. The only package that knows them all.
 */
@NullMarked
package org.moe4j.engine;

import org.jspecify.annotations.NullMarked;
