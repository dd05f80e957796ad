import{a}from"./chunk-KEBMYJ4V.js";import"./chunk-OBJHGLAL.js";import"./chunk-FSRPMVAS.js";export default a();
