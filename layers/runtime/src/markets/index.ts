export { createMarketBoard, type FeedHealth, type MarketBoard } from './board.ts';
