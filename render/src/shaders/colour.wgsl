// The sampler of colour volumes: each channel for itself, without table, padding or slab. Follows viewport.wgsl and plan.wgsl.

// Fraction bits that interpolated channels keep.
const FRACTION_BITS: u32 = 8u;

fn texel_at(voxel: vec3<i32>) -> vec4<u32> {
    return textureLoad(volume, voxel, 0) << vec4<u32>(FRACTION_BITS);
}

fn colour_at(c: vec3<i32>) -> vec4<u32> {
    let taps = taps_at(c);
    if pane.how.y != 0u {
        return texel_at(nearest_voxel(taps));
    }
    var corners: array<vec4<u32>, 8>;
    for (var i = 0u; i < 8u; i++) {
        corners[i] = texel_at(select(taps.first, taps.second, far_taps(i)));
    }
    return blend_corners(corners, taps.weight);
}

@fragment
fn sample_colour(@builtin(position) position: vec4<f32>) -> @location(0) vec4<f32> {
    let p = pixel_of(position, pane.rect);
    var rgb = vec3<u32>(0u);
    if touches(p) {
        let value = colour_at(coordinate(p, 0)).rgb;
        rgb = (value + (1u << (FRACTION_BITS - 1u))) >> vec3<u32>(FRACTION_BITS);
        if pane.how.z != 0u {
            rgb = vec3<u32>(255u) - rgb;
        }
    }
    return stored(rgb);
}
