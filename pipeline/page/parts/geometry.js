// Points on a plane: what the map is cut out of. x to the east, y to the south, any unit.

export function hull(points) {
  const sorted = [...points].sort((one, other) => one.x - other.x || one.y - other.y);
  const half = (order) => order.reduce((made, point) => {
    while (made.length > 1 && turn(made.at(-2), made.at(-1), point) <= 0) made.pop();
    return [...made, point];
  }, []);
  return sorted.length < 3 ? sorted : [...half(sorted).slice(0, -1), ...half(sorted.toReversed()).slice(0, -1)];
}

const turn = (from, over, to) => (over.x - from.x) * (to.y - from.y) - (over.y - from.y) * (to.x - from.x);

// The hull, moved outwards by `far` with round corners.
export function outline(points, far) {
  const around = points.flatMap(({x, y}) => Array.from({length: 16}, (_, step) => ({x: x + far * Math.cos((step * Math.PI) / 8), y: y + far * Math.sin((step * Math.PI) / 8)})));
  return hull(around);
}

// Of each centre the part of `border` that is nearer to it than to any other (a Voronoi cell).
export const cells = (centres, border) => centres.map((centre) => centres.reduce((cell, other) => (other === centre ? cell : nearer(cell, centre, other)), border));

function nearer(cell, centre, other) {
  const middle = {x: (centre.x + other.x) / 2, y: (centre.y + other.y) / 2};
  const side = ({x, y}) => (x - middle.x) * (other.x - centre.x) + (y - middle.y) * (other.y - centre.y);
  return cell.flatMap((point, place) => {
    const next = cell[(place + 1) % cell.length];
    const here = side(point), there = side(next);
    const kept = here <= 0 ? [point] : [];
    if (here < 0 !== there < 0 && here !== there) {
      const part = here / (here - there);
      kept.push({x: point.x + part * (next.x - point.x), y: point.y + part * (next.y - point.y)});
    }
    return kept;
  });
}

// Places that belong together: cities whose middles lie within `far` of one another, the largest group first.
export function groups(cities, far) {
  const made = [];
  for (const city of cities) {
    const near = made.filter((group) => group.some((other) => Math.hypot(other.x - city.x, other.y - city.y) < far));
    for (const group of near) made.splice(made.indexOf(group), 1);
    made.push([...near.flat(), city]);
  }
  const size = (group) => group.reduce((sum, city) => sum + city.devices.length, 0);
  return made.sort((one, other) => size(other) - size(one));
}

// The centre of gravity of a polygon.
export function heart(points) {
  let area = 0, x = 0, y = 0;
  points.forEach((point, place) => {
    const next = points[(place + 1) % points.length];
    const part = point.x * next.y - next.x * point.y;
    area += part;
    x += (point.x + next.x) * part;
    y += (point.y + next.y) * part;
  });
  return area ? {x: x / (3 * area), y: y / (3 * area)} : middle(points);
}

export const middle = (points) => ({x: points.reduce((sum, {x}) => sum + x, 0) / points.length, y: points.reduce((sum, {y}) => sum + y, 0) / points.length});
export const path = (points) => (points.length ? `M${points.map(({x, y}) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L")}Z` : "");
